// Runs before the first paint: a saved choice of theme wins over the system's, without a flash.
try {
  const theme = localStorage.getItem('robotrace.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; then the system decides.
}
