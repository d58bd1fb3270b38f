import type { CallStore } from 'nestjs-llm-telemetry/store';

/** Methods of a store that replace those of a correct one. */
export type Fault = (store: CallStore) => Partial<CallStore>;

/** A fault, the beginning of the name of the case that must notice it, and how it is put into a store. */
export type FaultRow = readonly [fault: string, noticedBy: string, put: Fault];

/** Leaves a filter out. */
export const ignoring =
  (name: string): Fault =>
  (store) => {
    const without = <Query extends { readonly where?: object }>(query: Query): Query => ({
      ...query,
      where: { ...query.where, [name]: undefined },
    });
    return {
      calls: (query) => store.calls(without(query)),
      measure: (query) => store.measure(without(query)),
      errors: (query) => store.errors(without(query)),
    };
  };

/** Returns a correct store with a fault. */
export function withFault(store: CallStore, fault: Fault): CallStore {
  const replaced = fault(store);
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in replaced ? replaced : target, name);
      return typeof value === 'function' && !(name in replaced) ? value.bind(target) : value;
    },
  });
}
