/** The call that was last looked at: one that comes back to a list is to find the place again. */
let id: number | null = null;

export function rememberCall(looked: number): void {
  id = looked;
}

/** Once. `null`: none was looked at since. */
export function takeLastLookedAt(): number | null {
  const looked = id;
  id = null;
  return looked;
}
