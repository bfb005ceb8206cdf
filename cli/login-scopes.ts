/** What `robotrace login` may ask for beside the usual scopes, by name. */
export const LOGIN_SCOPES: readonly string[] = ['fleet:write', 'keys:manage']
