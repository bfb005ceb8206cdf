import type { Code } from '../errors.ts'
import { type Door, door } from '../http/door.ts'
import { cutPage } from '../http/paging.ts'
import { getOrganization, listOrganizations, renameOrganization } from './profile.ts'
import { changeProject, createProject, getProject, listProjects } from './projects.ts'
import {
  createProjectBody,
  editOrganization,
  editProject,
  organization,
  organizationAddress,
  organizationList,
  pageInput,
  project,
  projectAddress,
  projectList,
} from './schema.ts'

const PATH = '/api/v1/organizations'
const HERE = { org: 'acme', project: 'default' }
const refusals: Code[] = ['not_found', 'forbidden', 'insufficient_scope', 'second_factor_missing']
const writing: Code[] = [...refusals, 'conflict', 'too_large', 'unsupported_media_type']

export const organizationDoors: Door[] = [
  door({
    method: 'GET',
    path: PATH,
    caller: 'key_or_person',
    summary: 'Organizations of whoever asks; a key sees the one it belongs to',
    input: pageInput,
    output: organizationList,
    status: 200,
    example: {},
    handle: async (ctx, input, caller) => cutPage(await listOrganizations(ctx, caller), input),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:org`,
    caller: 'key_or_person',
    summary: 'Read an organization, named by its slug or id',
    input: organizationAddress,
    output: organization,
    status: 200,
    refusals,
    example: { params: { org: HERE.org } },
    handle: (ctx, input, caller) => getOrganization(ctx, caller, input),
  }),
  door({
    method: 'PATCH',
    path: `${PATH}/:org`,
    caller: 'key_or_person',
    scope: 'admin',
    summary: 'Rename an organization; its slug stays',
    input: editOrganization.extend(organizationAddress.shape),
    output: organization,
    status: 200,
    refusals: writing,
    example: { params: { org: HERE.org }, body: { name: 'Acme Robotics' } },
    handle: (ctx, input, caller) => renameOrganization(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:org/projects`,
    caller: 'key_or_person',
    summary: 'Projects of an organization by name, with what each holds',
    input: pageInput.extend(organizationAddress.shape),
    output: projectList,
    status: 200,
    refusals,
    example: { params: { org: HERE.org } },
    handle: async (ctx, input, caller) => cutPage(await listProjects(ctx, caller, input), input),
  }),
  door({
    method: 'POST',
    path: `${PATH}/:org/projects`,
    caller: 'key_or_person',
    scope: 'admin',
    summary: 'Create a project',
    input: createProjectBody.extend(organizationAddress.shape),
    output: project,
    status: 201,
    refusals: writing,
    example: { params: { org: HERE.org }, body: { name: 'Warehouse' } },
    handle: (ctx, input, caller) => createProject(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:org/projects/:project`,
    caller: 'key_or_person',
    summary: 'Read a project, named by its slug or id',
    input: projectAddress,
    output: project,
    status: 200,
    refusals,
    example: { params: HERE },
    handle: (ctx, input, caller) => getProject(ctx, caller, input),
  }),
  door({
    method: 'PATCH',
    path: `${PATH}/:org/projects/:project`,
    caller: 'key_or_person',
    scope: 'admin',
    summary: 'Rename, archive or restore a project',
    input: editProject.extend(projectAddress.shape),
    output: project,
    status: 200,
    refusals: writing,
    example: { params: HERE, body: { name: 'Bench arms' } },
    handle: (ctx, input, caller) => changeProject(ctx, caller, input),
  }),
]
