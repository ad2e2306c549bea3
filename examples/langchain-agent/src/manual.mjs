/** The sections of a kitchen manual. */
export const manual = [
  "Kettle: a red blinking lamp means that there is no water. " +
    "Fill it up to the line and press the button twice.",
  "Kettle: remove the limescale once a month with vinegar, and rinse three times.",
  "Toaster: the crumb tray is pulled out at the back. Empty it when the toaster is cold.",
  "Oven: a door that does not close is locked for cleaning. " +
    "It opens by itself below a hundred degrees.",
  "Fridge: a beep every minute says that the door is open. The light goes out after ten minutes.",
];
