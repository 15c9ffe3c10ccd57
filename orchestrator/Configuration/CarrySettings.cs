namespace HostSwap.Orchestrator.Configuration;

/// <summary>The operator's own files inside of generations, which each new one is given.</summary>
/// <param name="Files">Files, and directories with all that is in them: paths inside of host containers.</param>
/// <param name="Reload">systemd units of the new generation that read them, and are reloaded or restarted after.</param>
public sealed record CarrySettings(IReadOnlyList<string> Files, IReadOnlyList<string> Reload);
