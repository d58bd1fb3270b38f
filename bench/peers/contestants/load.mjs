/** Imports a package from the folder in which the peers are installed. */
export const load = (name) => import(name);
