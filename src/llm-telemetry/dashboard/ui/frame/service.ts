import type { Status } from '../../api/index.js';

/** Service and the instance that responded. */
type Service = Pick<Status, 'service' | 'serviceVersion' | 'instance'>;

/** `orders-api 1.4.2 on web-1, pid 4711`. */
export function serviceText({ service, serviceVersion, instance }: Service): string {
  const name = [service ?? 'unnamed service', serviceVersion].filter(Boolean).join(' ');
  return `${name} on ${instance.host}, pid ${instance.pid}`;
}

/** Id and Node.js version of the instance. */
export function instanceTitle({ instance }: Service): string {
  return `Instance ${instance.id}, Node.js ${instance.node}`;
}
