/** Every call that is kept, the newest first. */
export function CallsPage() {
  return <h1 class="span-12">Calls</h1>;
}
