/* Texts stay blurred, and unread by screen readers, until somebody asks for them. */
const unveil = (box) => {
  box.classList.remove("is-veiled");
  const words = box.querySelector(".words");
  words.removeAttribute("aria-hidden");
  words.tabIndex = -1;
  const button = box.querySelector("button");
  if (button) {
    const hadFocus = document.activeElement === button;
    button.remove();
    if (hadFocus) words.focus();
  }
};
document.addEventListener("click", (event) => {
  if (event.target.closest("#unveil-all")) {
    document.querySelectorAll(".is-veiled").forEach(unveil);
    event.target.closest("button").remove();
    return;
  }
  const box = event.target.closest(".is-veiled");
  if (box) unveil(box);
});
