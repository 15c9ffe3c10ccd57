using System.Globalization;
using CsCheck;
using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>
/// The real runners against a model of an outer host: random VMs, random commands, random faults, and the design's
/// invariants at every instant. A failure prints its script, what happened, and the seed that repeats it.
/// </summary>
public sealed class StateMachineModelTests
{
    private const int Scripts = 100;

    // Calls of a swap of one VM without faults around its switch, and of the resumption that completes it.
    private const int FirstCallOfSwitch = 70;
    private const int CallsOfSwitch = 30;
    private const int CallsOfCompletion = 30;

    /// <summary>Asks for another number of scripts, as for a long search.</summary>
    private const string ScriptsVariable = "HOSTSWAP_MODEL_SCRIPTS";

    /// <summary>The candidate dies at some call around the switch; the resumption of that fails at any of its own calls.</summary>
    [Fact]
    public async Task A_switch_that_was_recorded_is_completed_by_whoever_comes_through_at_last()
    {
        using var place = new ScriptPlace();
        var machine = new VmSeed(Runs: false, Persistent: true, Autostart: true, Saved: false, Instead: null);
        foreach (var death in Enumerable.Range(FirstCallOfSwitch, CallsOfSwitch))
        {
            foreach (var failure in Enumerable.Range(1, CallsOfCompletion))
            {
                using var runner = new ScriptRunner(
                    new Script(
                        [machine],
                        [
                            new Command(Verb.Swap, FailurePolicy.Stop, [new Fault(FaultKind.CandidateDies, death)]),
                            new Command(Verb.Resume, FailurePolicy.Stop, [new Fault(FaultKind.EverythingFails, failure)]),
                        ]),
                    place.Directory);
                await runner.RunAsync();
            }
        }
    }

    [Fact]
    public async Task Whatever_goes_wrong_the_invariants_hold_and_resume_puts_everything_right()
    {
        using var place = new ScriptPlace();
        var scripts = long.TryParse(Environment.GetEnvironmentVariable(ScriptsVariable), CultureInfo.InvariantCulture, out var wanted) ? wanted : Scripts;
        var moved = 0L;
        await Script.Any.SampleAsync(
            async script =>
            {
                using var runner = new ScriptRunner(script, place.Directory);
                await runner.RunAsync();
                Interlocked.Add(ref moved, runner.Moved);
            },
            iter: scripts);

        moved.ShouldBeGreaterThan(scripts / 4, "a model in which no swap comes through shows nothing");
    }

    /// <summary>
    /// Where scripts have their files. Thousands of durable writes cost nothing where nothing is a disk. The names are short: there
    /// are sockets below, whose paths have room for 107 bytes (unix(7)).
    /// </summary>
    private sealed class ScriptPlace : IDisposable
    {
        private const string MemoryDisk = "/dev/shm";

        public DirectoryInfo Directory { get; } = System.IO.Directory.Exists(MemoryDisk)
            ? System.IO.Directory.CreateDirectory(Path.Join(MemoryDisk, $"hs-{Guid.NewGuid().ToString("N")[..8]}"))
            : System.IO.Directory.CreateTempSubdirectory("hs-");

        public void Dispose() => Directory.Delete(recursive: true);
    }
}
