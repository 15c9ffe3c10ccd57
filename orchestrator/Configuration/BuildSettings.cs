namespace HostSwap.Orchestrator.Configuration;

/// <summary>How the configured image is made on this machine.</summary>
/// <param name="Suite">The Debian release that it has, as in <c>trixie</c>.</param>
/// <param name="Recipe">Directory of the recipe, <c>images</c> of the source tree.</param>
/// <param name="Overlay">The operator's own directory of packages, files and scripts; need not be there.</param>
/// <param name="Deadline">How long a build may take.</param>
/// <param name="Keep">How many of the newest images are kept though nothing needs them.</param>
public sealed record BuildSettings(string Suite, string Recipe, string Overlay, TimeSpan Deadline, int Keep);
