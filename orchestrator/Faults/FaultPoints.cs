using System.Diagnostics;

namespace HostSwap.Orchestrator.Faults;

/// <summary>
/// Named places at which a debug build can be told to die, halt or fail, so that tests hit exactly the moment that they
/// mean. In every other build the compiler drops the calls with their arguments, and what they would run is not there.
/// </summary>
internal static class FaultPoints
{
    /// <summary>Just before a journal write is begun: nothing of it is on disk, and no lock of SQLite is held.</summary>
    public const string JournalWrite = "journal-write";

    /// <summary>Right after a journal write is durable.</summary>
    public const string JournalWritten = "journal-written";

    /// <summary>After an effect's intent is durable and before the effect; followed by <c>:</c> and the step.</summary>
    public const string EffectBegin = "effect-begin";

    /// <summary>After an effect came about and before its outcome is journalled; followed by <c>:</c> and the step.</summary>
    public const string EffectEnd = "effect-end";

    /// <summary>Comes past a point; what happens then is told by <c>FaultPlan</c>.</summary>
    [Conditional("HOSTSWAP_FAULTS")]
    public static void Hit(string point)
    {
#if HOSTSWAP_FAULTS
        FaultPlan.Current.Hit(point);
#endif
    }
}
