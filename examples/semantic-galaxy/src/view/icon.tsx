const paths = {
  search: "M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20",
  close: "M6 6l12 12M18 6L6 18",
  texts: "M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 15.5h6",
  compare:
    "M9 6.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11zM15 6.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11z",
  model: "M12 3.5l7.5 4.2v8.6L12 20.5l-7.5-4.2V7.7zM4.5 7.7L12 12l7.5-4.3M12 12v8.5",
  help: "M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17zM9.6 9.4a2.5 2.5 0 1 1 3.4 2.6c-.7.3-1 .8-1 1.6M12 16.4v.2",
  dark: "M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z",
  light:
    "M12 8a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4",
  in: "M12 6v12M6 12h12",
  out: "M6 12h12",
  home: "M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15",
  open: "M14 4.5h5.5V10M19.5 4.5L11 13M17 14v5.5H4.5V7H10",
  upload: "M12 16V5M7.5 9L12 4.5L16.5 9M5 16.5v3h14v-3",
  download: "M12 4.5V15M7.5 11L12 15.5L16.5 11M5 16.5v3h14v-3",
};

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
