import { z } from 'zod'
import { readingOf } from './copy-file.ts'
import { BackupError } from './layout.ts'

const line = z.object({
  key: z.string(),
  size_bytes: z.number(),
  sha256: z.string(),
  state: z.enum(['gone', 'missing', 'damaged']).optional(),
})

/** One line of blobs.ndjson; `state` is there when the bytes are not. */
export type ListedBlob = z.output<typeof line>

/** The list of a backup, line by line. @throws BackupError when a line is none of ours */
export async function* readBlobList(path: string): AsyncGenerator<ListedBlob> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of readingOf(path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) yield parseLine(text, path)
  }
  if (rest !== '') throw new BackupError(`${path} is torn: its last line has no end.`)
}

function parseLine(text: string, path: string): ListedBlob {
  try {
    return line.parse(JSON.parse(text))
  } catch (error) {
    throw new BackupError(
      `${path} is not a list of files: ${error instanceof Error ? error.name : 'broken'}.`,
    )
  }
}

/** Which keys the backup knows to be without their bytes, and why. */
export async function absentBlobs(path: string): Promise<Map<string, NonNullable<ListedBlob['state']>>> {
  const absent = new Map<string, NonNullable<ListedBlob['state']>>()
  for await (const { key, state } of readBlobList(path)) if (state) absent.set(key, state)
  return absent
}
