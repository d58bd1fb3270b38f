import { Link } from '../state/navigation.js';

/** Not-found page. `path`: as in the URL, percent-encoded. */
export function NotFound({ path }: { path: string }) {
  return (
    <section class="card notice span-12">
      <h1>Page not found</h1>
      <p>
        The dashboard has no page <code class="mono">{path}</code>.
      </p>
      <div class="actions">
        <Link class="button" to={{ place: { page: 'overview' } }}>
          Overview
        </Link>
        <Link class="button" to={{ place: { page: 'calls' } }}>
          Calls
        </Link>
      </div>
    </section>
  );
}
