import type { Status } from '../../api/index.js';

/** Which service the figures are of, and which of its processes answers. */
type Service = Pick<Status, 'service' | 'serviceVersion' | 'instance'>;

/** `orders-api 1.4.2 on web-1, pid 4711`. */
export function serviceText({ service, serviceVersion, instance }: Service): string {
  const name = [service ?? 'unnamed service', serviceVersion].filter(Boolean).join(' ');
  return `${name} on ${instance.host}, pid ${instance.pid}`;
}

/** The id of the instance and its Node.js, where they say more than host and process id. */
export function instanceTitle({ instance }: Service): string {
  return `Instance ${instance.id}, Node.js ${instance.node}`;
}
