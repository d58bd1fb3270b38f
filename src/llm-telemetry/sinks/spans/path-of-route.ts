/** The path of `POST /orders/:id`: `http.route` is without the method. */
export function pathOfRoute(route: string): string {
  return route.slice(route.indexOf(' ') + 1);
}
