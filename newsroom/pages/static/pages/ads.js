// Tells when an advertisement was looked at: half of it for a second (30 % of a large one). Stores nothing.
const LARGE = 242500;

for (const ad of document.querySelectorAll("[data-viewable]")) {
  const box = ad.getBoundingClientRect();
  const need = box.width * box.height >= LARGE ? 0.3 : 0.5;
  let waiting;
  const observer = new IntersectionObserver((entries) => {
    clearTimeout(waiting);
    const last = entries[entries.length - 1];
    if (!last.isIntersecting || last.intersectionRatio < need - 0.001) return;
    waiting = setTimeout(() => {
      if (document.visibilityState !== "visible") return;
      observer.disconnect();
      fetch(ad.dataset.viewable, { keepalive: true }).catch(() => {});
    }, 1000);
  }, { threshold: [0, need] });
  observer.observe(ad);
}
