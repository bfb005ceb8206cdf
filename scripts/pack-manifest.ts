import { z } from 'zod'

/** The two that the command line needs from npm; what else it is made of is bundled. */
const NEEDED = ['commander', 'open'] as const
/** Small, and of nobody's concern: in the files of the package, with their licences beside them. */
export const BUNDLED: readonly string[] = ['smol-toml', 'uqr', 'yaml']

const Root = z.object({
  version: z.string(),
  license: z.string(),
  engines: z.object({ node: z.string() }),
  dependencies: z.record(z.string(), z.string()),
  repository: z.union([z.string(), z.object({ type: z.string(), url: z.string() })]).optional(),
})

/**
 * The package.json of the npm package, made from that of the repository so that versions cannot differ.
 *
 * `npm publish --provenance` wants the repository that the workflow runs in: it is taken from the repository's own
 * package.json, else from the variables that such a workflow has.
 *
 * @example manifestOf(JSON.parse(readFileSync('package.json', 'utf8')), process.env)
 */
export function manifestOf(root_manifest: unknown, env: Record<string, string | undefined>): object {
  const root = Root.parse(root_manifest)
  const repository = root.repository ?? repositoryFrom(env)
  return {
    name: 'robotrace',
    version: root.version,
    description:
      'Log what robots do to RoboTrace, self-hosted: SDK for Node, Deno, Bun and browsers, and the command line',
    keywords: ['robotics', 'robot', 'teleoperation', 'episodes', 'dataset', 'logging', 'cli'],
    license: root.license,
    ...(repository && { repository }),
    type: 'module',
    engines: root.engines,
    sideEffects: false,
    exports: {
      '.': {
        // A page gets the core alone: it has no environment, no paths and no credentials file.
        browser: { types: './types/web.d.ts', default: './web.js' },
        types: './types/mod.d.ts',
        node: './index.js',
        deno: './index.js',
        bun: './index.js',
        default: './index.js',
      },
      './web': { types: './types/web.d.ts', default: './web.js' },
      './package.json': './package.json',
    },
    bin: { robotrace: 'bin/robotrace.js', rbtk: 'bin/rbtk.js' },
    files: ['*.js', 'bin', 'types', 'CHANGELOG.md', 'THIRD-PARTY-LICENSES.md'],
    dependencies: Object.fromEntries(NEEDED.map((name) => [name, versionOf(root.dependencies, name)])),
    publishConfig: { access: 'public', provenance: true },
  }
}

/** Patches of what was tested may come in; npm shares them with what else is installed. */
function versionOf(dependencies: Record<string, string>, name: string): string {
  const version = dependencies[name]
  if (version === undefined) throw new Error(`package.json has no ${name}.`)
  return `^${version}`
}

function repositoryFrom(env: Record<string, string | undefined>): object | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = env
  return server && name ? { type: 'git', url: `git+${server}/${name}.git` } : undefined
}
