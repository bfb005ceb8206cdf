/** The episode that `$id` of an example stands for, where it is printed. */
export const EXAMPLE_EPISODE = 'ep_7c2h9v0m4t1xq8k3zb5n'
