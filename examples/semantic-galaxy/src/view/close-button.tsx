import { Icon } from "./icon.tsx";

export function CloseButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" class="quiet" aria-label={label} onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}
