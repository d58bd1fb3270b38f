import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AlertsResponse, CallsEvent } from '../../api/index.js';
import { apiUrl } from './fetch-api.js';

export interface Live {
  /** `off`: disabled. `connecting`: initial. `lost`: disconnected, reconnecting. */
  readonly status: 'off' | 'connecting' | 'on' | 'lost';
  /** Latest alerts event; `null` before the first one. */
  readonly alerts: AlertsResponse | null;
  /** Subscribes to calls events; returns the function that unsubscribes. */
  readonly onCalls: (listener: (event: CallsEvent) => void) => () => void;
}

const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  return useContext(LiveContext)!;
}

/** `EventSource` does not reconnect after an error response, such as 503 at the client limit. */
const RETRY_MS = 10_000;

/** Provides one live connection for the whole page. */
export function LiveProvider({ wanted, children }: { wanted: boolean; children: ComponentChildren }) {
  const [status, setStatus] = useState<Live['status']>(wanted ? 'connecting' : 'off');
  const [alerts, setAlerts] = useState<AlertsResponse | null>(null);
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
        setAlerts(JSON.parse(data) as AlertsResponse),
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
