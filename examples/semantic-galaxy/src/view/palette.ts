export type Theme = "dark" | "light";
export type Rgb = readonly [red: number, green: number, blue: number];

/** Colors of clusters, as hues of OKLCH in degrees; neighbors in the list differ clearly. */
const hues = [255, 75, 350, 165, 300, 110, 215, 30, 135, 325, 190, 50];
const shades = {
  dark: { lightness: 0.8, chroma: 0.115 },
  light: { lightness: 0.56, chroma: 0.13 },
};

/** With 0, the color of what is in no cluster. */
export const colorCount = hues.length + 1;

/** A cluster's color for the canvas, each part from 0 to 1. */
export function clusterColor(color: number, theme: Theme): Rgb {
  const { lightness, chroma } = shades[theme];
  return fromOklch(lightness, color === 0 ? 0.03 : chroma, hueOf(color));
}

/** The same color for style sheets. */
export function clusterStyle(color: number): { readonly "--hue": string } {
  return { "--hue": String(hueOf(color)) };
}

/** Björn Ottosson's OKLCH as sRGB. */
function fromOklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function hueOf(color: number): number {
  return hues[(color + hues.length - 1) % hues.length]!;
}

function gamma(linear: number): number {
  const value = Math.min(1, Math.max(0, linear));
  return value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
}
