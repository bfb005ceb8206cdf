// Uploads a recording from a page, with the form of browser.html. A bundler takes the core of the SDK alone for a page:
// no paths, no credentials file. The key is one for this page (scope episodes:write), and the page comes from the
// server's own address.
import { APIError, Client } from 'robotrace'

const form = document.querySelector('form')
const output = document.querySelector('output')

form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const fields = new FormData(form)
  const video = fields.get('video')
  if (!(video instanceof File) || !output) return
  try {
    const client = new Client({ api_key: String(fields.get('api_key')), base_url: location.origin })
    const episode = await client.startEpisode({
      name: video.name,
      source: 'real',
      request_uploads: ['video'],
    })
    await episode.upload('video', video, {
      on_progress: ({ sent_bytes, total_bytes }) => {
        output.textContent = `${Math.round((100 * sent_bytes) / total_bytes)} %`
      },
    })
    await episode.finalize({ status: 'ready' })
    output.textContent = `Logged as ${episode.id}`
  } catch (error) {
    output.textContent = error instanceof APIError ? error.message : String(error)
  }
})
