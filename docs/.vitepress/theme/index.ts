import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import SemanticGalaxy from "./SemanticGalaxy.vue";
import "./style.css";
import "./home.css";

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component("SemanticGalaxy", SemanticGalaxy);
  },
} satisfies Theme;
