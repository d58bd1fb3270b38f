import type { Status } from '../../api/index.js';

/** Which service the figures are of, and which of its processes answers. */
type Service = Pick<Status, 'service'> & {
  readonly serviceVersion?: string | null;
  readonly instance?: {
    readonly id: string;
    readonly host: string;
    readonly pid: number;
    readonly node: string;
  };
};

/** `orders-api 1.4.2 on web-1, pid 4711`. */
export function serviceText({ service, serviceVersion, instance }: Service): string {
  const name = [service ?? 'unnamed service', serviceVersion].filter(Boolean).join(' ');
  return instance ? `${name} on ${instance.host}, pid ${instance.pid}` : name;
}

/** The id of the instance and its Node.js, where they say more than host and process id. */
export function instanceTitle({ instance }: Service): string | undefined {
  if (!instance) return undefined;
  return `Instance ${instance.id}, Node.js ${instance.node.replace(/^v/, '')}`;
}
