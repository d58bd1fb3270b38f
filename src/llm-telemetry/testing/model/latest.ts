/** The latest entries by id; older ones are dropped. */
export class Latest<Entry> {
  private readonly byId = new Map<string, Entry>();

  constructor(private readonly kept: number) {}

  all(): Entry[] {
    return [...this.byId.values()];
  }

  find(id: string): Entry | undefined {
    return this.byId.get(id);
  }

  add(id: string, entry: Entry): void {
    this.byId.set(id, entry);
    if (this.byId.size > this.kept) this.byId.delete(this.byId.keys().next().value!);
  }

  clear(): void {
    this.byId.clear();
  }
}
