/** Returns the path of `POST /orders/:id`, because `http.route` does not include the method. */
export function pathOfRoute(route: string): string {
  return route.slice(route.indexOf(' ') + 1);
}
