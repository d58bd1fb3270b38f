import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A component whose script is loaded when it is first shown: nobody waits for what they do not look at. */
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
        This could not be loaded: the service does not answer, or has been updated.{' '}
        <button class="link" type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </p>
    );
  };
}
