"use strict";
{
  const secret = document.getElementById("keycask-secret");
  const copy = document.getElementById("keycask-copy");
  const told = document.getElementById("keycask-copied");

  if (secret && copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(secret.textContent);
        told.textContent = "Copied";
      } catch {
        told.textContent = "Select it and copy it by hand";
      }
    });
  }

  // A browser may keep the page as it is, and show it again by "back".
  window.addEventListener("pagehide", () => {
    if (secret) {
      secret.textContent = "It was shown once";
      copy?.remove();
    }
  });
}
