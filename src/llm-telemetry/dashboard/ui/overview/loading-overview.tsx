import { Skeleton } from '../components/skeleton.js';
import { KPI_LIST } from './kpis.js';

/** Skeleton of the overview in its final layout. */
export function LoadingOverview() {
  return (
    <>
      <div class="verdict span-5" role="status">
        <h1 class="sr">Loading</h1>
        <Skeleton width="92%" height={22} />
        <Skeleton width="64%" height={22} />
      </div>
      <div class="card alerts span-7">
        {['80%', '70%', '74%'].map((width) => (
          <Skeleton key={width} width={width} height={14} />
        ))}
      </div>
      <div class="card span-12" aria-hidden="true">
        <div class="kpis">
          {KPI_LIST.map(({ name, label }) => (
            <div key={name} class="kpi">
              <span class="kpi-label">{label}</span>
              <Skeleton width="70%" height={20} />
              <Skeleton width="50%" height={12} />
            </div>
          ))}
        </div>
        <div class="explore">
          <div>
            <Skeleton width="30%" height={14} />
            <Skeleton width="100%" height={252} />
          </div>
          <div>
            <Skeleton width="60%" height={14} />
            <Skeleton width="100%" height={252} />
          </div>
        </div>
      </div>
    </>
  );
}
