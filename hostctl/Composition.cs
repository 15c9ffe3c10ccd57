using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Hostctl;

/// <summary>Makes what verbs stand on. Nothing is opened before a verb asks for it.</summary>
internal interface IOuterHostFactory
{
    /// <summary>Reads and validates the configuration.</summary>
    /// <param name="path">The file that was named on the command line; null for the environment's or the default one.</param>
    /// <param name="environment">The environment variables.</param>
    /// <exception cref="UsageException">It is wrong.</exception>
    HostSwapSettings LoadSettings(string? path, IReadOnlyDictionary<string, string?> environment);

    /// <summary>Opens the outer host that the settings describe.</summary>
    IOuterHost Open(HostSwapSettings settings, TimeProvider time);
}

/// <summary>The composition of the real program.</summary>
internal sealed class Composition : IOuterHostFactory
{
    /// <inheritdoc/>
    public HostSwapSettings LoadSettings(string? path, IReadOnlyDictionary<string, string?> environment) =>
        SettingsLoader.Load(path, environment);

    /// <inheritdoc/>
    public IOuterHost Open(HostSwapSettings settings, TimeProvider time) => OuterHost.Open(settings, time);
}
