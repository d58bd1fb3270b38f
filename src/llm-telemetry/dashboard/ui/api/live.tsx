import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AlertsAnswer, CallsEvent } from '../../api/index.js';
import { apiUrl } from './ask.js';

export interface Live {
  /** `off`: not wanted. `connecting`: at the start. `lost`: the connection broke, and is tried again. */
  readonly status: 'off' | 'connecting' | 'on' | 'lost';
  /** The alerts as they were last told; `null`: not yet. */
  readonly alerts: AlertsAnswer | null;
  /** Calls `listener` with every calls event; returns what stops it. */
  readonly onCalls: (listener: (event: CallsEvent) => void) => () => void;
}

const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  return useContext(LiveContext)!;
}

/** A refused connection (there are too many) is not tried again by the browser itself. */
const RETRY_MS = 10_000;

/** One connection for the whole page. */
export function LiveProvider({ wanted, children }: { wanted: boolean; children: ComponentChildren }) {
  const [status, setStatus] = useState<Live['status']>(wanted ? 'connecting' : 'off');
  const [alerts, setAlerts] = useState<AlertsAnswer | null>(null);
  const listeners = useRef(new Set<(event: CallsEvent) => void>()).current;

  useEffect(() => {
    if (!wanted) {
      setStatus('off');
      return;
    }
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const connect = (): void => {
      source = new EventSource(apiUrl('live'));
      source.addEventListener('open', () => setStatus('on'));
      source.addEventListener('error', () => {
        setStatus('lost');
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, RETRY_MS);
      });
      source.addEventListener('calls', ({ data }: MessageEvent<string>) => {
        const event = JSON.parse(data) as CallsEvent;
        for (const listener of listeners) listener(event);
      });
      source.addEventListener('alerts', ({ data }: MessageEvent<string>) =>
        setAlerts(JSON.parse(data) as AlertsAnswer),
      );
    };
    setStatus('connecting');
    connect();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [wanted, listeners]);

  const live = useMemo<Live>(
    () => ({
      status,
      alerts,
      onCalls: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    }),
    [status, alerts, listeners],
  );
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}
