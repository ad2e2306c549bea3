import { Icon, type IconName } from "./icon.tsx";
import type { PanelName, View } from "./view.ts";

const tools: readonly { name: PanelName; label: string; icon: IconName }[] = [
  { name: "texts", label: "Texts", icon: "texts" },
  { name: "compare", label: "Compare", icon: "compare" },
  { name: "model", label: "Model", icon: "model" },
  { name: "help", label: "Help", icon: "help" },
];

export function ToolBar({ view }: { view: View }) {
  const { theme, panel } = view;
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <nav class="tools panel" aria-label="Tools">
      {tools.map(({ name, label, icon }) => (
        <button
          key={name}
          type="button"
          aria-expanded={panel.value === name}
          onClick={() => view.toggle(name)}
        >
          <Icon name={icon} />
          <span>{label}</span>
        </button>
      ))}
      <button
        type="button"
        aria-label={`Switch to ${other} colors`}
        onClick={() => {
          theme.value = other;
        }}
      >
        <Icon name={other} />
        <span aria-hidden="true">{other === "dark" ? "Dark" : "Light"}</span>
      </button>
    </nav>
  );
}
