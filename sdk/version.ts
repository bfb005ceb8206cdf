/** The version of this SDK: sent with every call, kept equal to deno.json and package.json by a test. */
export const VERSION: string = '0.2.0'
