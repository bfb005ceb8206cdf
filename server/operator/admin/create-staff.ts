import { z } from 'zod'
import type { Command, Given } from '../../../cli/command.ts'
import { confirm, YES_FLAG } from '../../../cli/confirm.ts'
import { EXIT, Failure } from '../../../cli/failure.ts'
import type { Host } from '../../../cli/host.ts'
import { done } from '../../../cli/print.ts'
import { createStaff as createStaffAccount, getAccountByEmail } from '../../accounts/by-operator.ts'
import type { Environment } from '../../environment.ts'
import { AppError } from '../../errors.ts'
import { type AtMachine, atMachine, LINK_FLAGS } from './at-machine.ts'
import { sayLink } from './link.ts'

/** For a server whose administrators cannot get in any more. */
export function createStaff(environment: Environment): Command {
  return {
    name: 'admin create-staff',
    summary: 'make an administrator of the whole installation',
    examples: [
      'robotrace admin create-staff --email ada@lab.example --name "Ada Okafor"',
      'robotrace admin create-staff --email ada@lab.example --password-stdin < password.txt',
    ],
    flags: [
      { name: 'email', value: 'address', about: 'whose account; one that exists is given the rights' },
      { name: 'name', value: 'name', about: 'of a new account (default: what stands before the @)' },
      { name: 'password-stdin', about: 'read the password of a new account from standard input' },
      YES_FLAG,
      ...LINK_FLAGS,
    ],
    run: (host, given) => atMachine(environment, given, (at) => create(host, given, at)),
  }
}

async function create(host: Host, given: Given, at: AtMachine): Promise<number> {
  const email = emailOf(given)
  const name = given.text('name')?.trim() || email.split('@')[0] || email
  const known = await getAccountByEmail(at, email).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return undefined
    throw error
  })
  if (known?.staff_since) {
    throw new Failure(`${known.email} is staff already.`, {
      hint: '`robotrace admin reset-password` or `robotrace admin reset-second-factor` lets them in again',
    })
  }
  await confirm(host, given, {
    facts: known
      ? `${known.email} (${known.name}) has an account. Staff may do everything in every organization.`
      : `${email} gets an account that may do everything in every organization.`,
    question: 'Go on?',
  })
  const password = known ? undefined : await passwordOf(host, given)
  const { created, handed } = await createStaffAccount(at, { email, name, password }, at.by)
  done(host, created ? `Created ${email} as staff.` : `${email} is staff now.`)
  if (handed) sayLink(host, handed, email)
  return EXIT.ok
}

function emailOf(given: Given): string {
  const email = given.text('email')?.trim()
  if (email && z.email().safeParse(email).success) return email
  throw new Failure('`--email` must be an address such as ada@lab.example.', { status: EXIT.usage })
}

/** Never from the command line, where everybody on the machine could read it (security 63). */
async function passwordOf(host: Host, given: Given): Promise<string | undefined> {
  if (!given.flag('password-stdin')) return undefined
  const typed = (await host.readInput?.())?.replace(/\r?\n$/, '')
  if (typed) return typed
  throw new Failure('No password came on standard input.', {
    hint: 'pipe it in, or leave `--password-stdin` out and open the link that is printed',
    status: EXIT.usage,
  })
}
