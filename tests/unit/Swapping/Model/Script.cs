using CsCheck;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>What the operator, or the machine, does.</summary>
internal enum Verb
{
    Swap,
    Resume,
    ResumeForward,
    ResumeBack,
    Rollback,

    /// <summary>A power cut; then Docker's start and <c>hostctl start</c>, as the unit at boot has it.</summary>
    Reboot,
}

/// <summary>One command with what goes wrong in it.</summary>
internal sealed record Command(Verb Verb, FailurePolicy OnFailure, IReadOnlyList<Fault> Faults)
{
    public override string ToString() =>
        $"{Verb} ({OnFailure}){string.Concat(Faults.Select(fault => $" {fault.Kind}@{fault.At}"))}";
}

/// <summary>What one VM is.</summary>
internal sealed record VmSeed(bool Runs, bool Persistent, bool Autostart, bool Saved, NotLivePolicy? Instead);

/// <summary>A world and what is done in it.</summary>
internal sealed record Script(IReadOnlyList<VmSeed> Machines, IReadOnlyList<Command> Commands)
{
    private const int LastCall = 160;
    private const int LastMigration = 4;

    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    private static readonly Gen<Fault> AnyFault = Gen.Select(Pick(Kinds), Gen.Int[1, LastCall], Gen.Int[1, LastMigration])
        .Select(t => new Fault(t.Item1, t.Item1 >= FaultKind.MigrationFails ? t.Item3 : t.Item2));

    // A swap is what everything else follows from.
    private static readonly Gen<Verb> AnyVerb = Pick<Verb>([Verb.Swap, Verb.Swap, .. Enum.GetValues<Verb>()]);

    private static readonly Gen<Command> AnyCommand = Gen.Select(AnyVerb, Pick(Enum.GetValues<FailurePolicy>()), AnyFault.Array[0, 2])
        .Select(t => new Command(t.Item1, t.Item2, t.Item3));

    private static readonly Gen<VmSeed> AnyMachine = Gen.Select(
            Gen.Bool, Gen.Frequency((1, Gen.Const(false)), (3, Gen.Const(true))), Gen.Bool, Gen.Bool,
            Gen.Frequency((6, Gen.Const((NotLivePolicy?)null)), (1, Gen.Const((NotLivePolicy?)NotLivePolicy.Restart)), (1, Gen.Const((NotLivePolicy?)NotLivePolicy.SaveRestore))))
        .Select(t => new VmSeed(t.Item1, t.Item2, t.Item3, t.Item4, t.Item5));

    public static Gen<Script> Any { get; } = Gen.Select(AnyMachine.Array[0, 4], AnyCommand.Array[1, 6])
        .Select(t => new Script(t.Item1, t.Item2));

    public override string ToString() => $"{string.Join(", ", Machines)}; {string.Join("; ", Commands)}";

    private static Gen<T> Pick<T>(IReadOnlyList<T> items) => Gen.Int[0, items.Count - 1].Select(index => items[index]);
}
