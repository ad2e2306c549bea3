/** A point of the galaxy. */
export interface GalaxyText {
  readonly id: string;
  readonly title?: string;
  readonly text: string;
  readonly category?: string;
}
