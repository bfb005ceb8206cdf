import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import busboy from 'busboy'
import { AppError } from '../errors.ts'

/** A form with one file, once all of it has come. */
export interface Form<Stored> {
  fields: Record<string, string>
  file: { name: string; stored: Stored } | undefined
}

/**
 * Reads a multipart/form-data body (RFC 7578) while it comes: the file goes on as a stream, whatever stands before or
 * behind it.
 *
 * @param max bytes of the file
 * @param store takes the file's bytes; what it throws refuses the request
 * @throws AppError invalid_request for a body that is no such form or is cut, too_large
 */
export async function readForm<Stored>(
  request: IncomingMessage,
  max: number,
  store: (bytes: Readable, name: string) => Promise<Stored>,
): Promise<Form<Stored>> {
  const form = openForm(request, max)
  const fields: Record<string, string> = {}
  let name = ''
  let storing: Promise<Stored> | undefined
  const refused = new Promise<never>((_, refuse) => {
    form.on('field', (field, value) => {
      fields[field] = value
    })
    form.on('file', (field, bytes, { filename }) => {
      // Destroyed with the form, also when nobody reads it: an error that nobody hears ends the process.
      bytes.on('error', () => {})
      if (field !== 'file') {
        refuse(wrongFile(field))
        return
      }
      name = filename ?? ''
      storing = store(bytes, name)
      storing.catch(refuse)
    })
    for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const) {
      form.on(limit, () => refuse(new AppError('invalid_request', 'The form has too many parts.')))
    }
  })
  try {
    await Promise.race([refused, readWhole(request, form)])
    // Whoever has all of the form waits for the file to be on the disk.
    return { fields, file: storing && { name, stored: await storing } }
  } catch (error) {
    // The answer is sent while the rest still comes; nobody looks at that.
    request.unpipe(form)
    request.resume()
    form.destroy()
    // Ends with the form; whatever it had written is gone by then.
    await storing?.catch(() => {})
    throw error
  }
}

/** Not by a pipeline, which would break off the connection that the refusal has to go back on. */
function readWhole(request: IncomingMessage, form: busboy.Busboy): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = (cause?: unknown): void =>
      reject(new AppError('invalid_request', 'The form is cut short, or not well formed.', {}, { cause }))
    form.on('close', resolve)
    form.on('error', cut)
    request.once('error', cut)
    request.once('close', () => {
      if (!request.complete) cut()
    })
    request.pipe(form)
  })
}

function openForm(request: IncomingMessage, max: number): busboy.Busboy {
  const limits = { files: 1, fields: 10, parts: 11, fieldNameSize: 100, fieldSize: 4_000, fileSize: max }
  try {
    return busboy({ headers: request.headers, defParamCharset: 'utf8', limits })
  } catch (error) {
    throw new AppError('invalid_request', 'The form names no boundary.', {}, { cause: error })
  }
}

function wrongFile(field: string): AppError {
  const message = 'is no field of this form that takes a file. Send it as file'
  const path = field.slice(0, 100)
  return new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] })
}
