import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Wraps a component whose script is loaded when it is first rendered. */
export function lazy<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | null = null;
  return function Lazy(props: Props) {
    const [state, setState] = useState<'waiting' | 'loaded' | 'failed'>('waiting');
    useEffect(() => {
      if (loaded) return;
      load().then(
        (component) => {
          loaded = component;
          setState('loaded');
        },
        () => setState('failed'),
      );
    }, []);
    const Component = loaded;
    if (Component) return <Component {...props} />;
    if (state === 'waiting') return null;
    return (
      <p class="span-12" role="alert">
        Loading failed: the service is unreachable or was updated.{' '}
        <button class="link" type="button" onClick={() => location.reload()}>
          Reload
        </button>
      </p>
    );
  };
}
