using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>The words of <c>[refresh]</c> and its tables in the configuration.</summary>
internal static class RefreshWords
{
    public static readonly IReadOnlyDictionary<string, RefreshStrategy> Strategies = new Dictionary<string, RefreshStrategy>(StringComparer.Ordinal)
    {
        ["manual"] = RefreshStrategy.Manual,
        ["window"] = RefreshStrategy.Window,
        ["immediate"] = RefreshStrategy.Immediate,
    };

    public static readonly IReadOnlyDictionary<string, EndOfWindow> Ends = new Dictionary<string, EndOfWindow>(StringComparer.Ordinal)
    {
        ["stop"] = EndOfWindow.Stop,
        ["rollback"] = EndOfWindow.Rollback,
    };

    public static readonly IReadOnlyDictionary<string, FailurePolicy> Failures = new Dictionary<string, FailurePolicy>(StringComparer.Ordinal)
    {
        ["stop"] = FailurePolicy.Stop,
        ["rollback"] = FailurePolicy.Rollback,
        ["continue"] = FailurePolicy.Continue,
    };

    public static readonly IReadOnlyDictionary<string, SoakFailure> SoakFailures = new Dictionary<string, SoakFailure>(StringComparer.Ordinal)
    {
        ["report"] = SoakFailure.Report,
        ["rollback"] = SoakFailure.Rollback,
    };

    public static readonly IReadOnlyDictionary<string, HookMoment> Moments = new Dictionary<string, HookMoment>(StringComparer.Ordinal)
    {
        ["before-build"] = HookMoment.BeforeBuild,
        ["after-build"] = HookMoment.AfterBuild,
        ["before-swap"] = HookMoment.BeforeSwap,
        ["after-swap"] = HookMoment.AfterSwap,
        ["after-soak"] = HookMoment.AfterSoak,
    };

    /// <summary>Whether a hook's failure ends the refresh.</summary>
    public static readonly IReadOnlyDictionary<string, bool> HookFailures = new Dictionary<string, bool>(StringComparer.Ordinal)
    {
        ["stop"] = true,
        ["warn"] = false,
    };
}
