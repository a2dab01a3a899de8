/** How far the engine rewrites a graph before it runs it. */
export type Optimization = 'all' | 'disabled';
