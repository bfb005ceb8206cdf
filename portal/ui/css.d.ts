// Fonts are plain style sheets without types.
declare module '@fontsource-variable/*'
