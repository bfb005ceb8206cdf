import type { Snippet } from '../ui/snippet.ts'

/** How a receiver makes sure that a message is from here: with the libraries of Standard Webhooks, or by hand. */
export const VERIFY: Snippet[] = [
  {
    name: 'Node',
    note: 'npm install standardwebhooks. Hand it the body as it came, before anything parses it.',
    code: `import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.ROBOTRACE_WEBHOOK_SECRET)

app.post('/robotrace', express.text({ type: 'application/json' }), (request, response) => {
  const message = webhook.verify(request.body, request.headers) // throws when it is not from here
  console.log(message.type, message.data)
  response.sendStatus(204)
})`,
  },
  {
    name: 'Python',
    note: 'pip install standardwebhooks',
    code: `import os
from flask import Flask, request
from standardwebhooks.webhooks import Webhook

app = Flask(__name__)
webhook = Webhook(os.environ["ROBOTRACE_WEBHOOK_SECRET"])

@app.post("/robotrace")
def robotrace():
    message = webhook.verify(request.get_data(as_text=True), dict(request.headers))
    print(message["type"], message["data"])
    return "", 204`,
  },
  {
    name: 'By hand',
    note: 'What the libraries do: HMAC-SHA256 over id, time and body; any one of the signatures is enough.',
    code: `const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
const signed = \`\${headers['webhook-id']}.\${headers['webhook-timestamp']}.\${body}\`
const wanted = 'v1,' + createHmac('sha256', key).update(signed).digest('base64')
const good = headers['webhook-signature'].split(' ').some((one) => isSame(one, wanted))
const fresh = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp'])) < 300`,
  },
]
