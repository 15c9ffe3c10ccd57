using System.Globalization;
using CsCheck;
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

    /// <summary>Asks for another number of scripts, as for a long search.</summary>
    private const string ScriptsVariable = "HOSTSWAP_MODEL_SCRIPTS";

    [Fact]
    public async Task Whatever_goes_wrong_the_invariants_hold_and_resume_puts_everything_right()
    {
        // Thousands of durable writes cost nothing where nothing is a disk. The names are short: there are sockets below, whose
        // paths have room for 107 bytes (unix(7)).
        const string MemoryDisk = "/dev/shm";
        var place = Directory.Exists(MemoryDisk)
            ? Directory.CreateDirectory(Path.Join(MemoryDisk, $"hs-{Guid.NewGuid().ToString("N")[..8]}"))
            : Directory.CreateTempSubdirectory("hs-");
        var scripts = long.TryParse(Environment.GetEnvironmentVariable(ScriptsVariable), CultureInfo.InvariantCulture, out var wanted) ? wanted : Scripts;
        var moved = 0L;
        try
        {
            await Script.Any.SampleAsync(
                async script =>
                {
                    using var runner = new ScriptRunner(script, place);
                    await runner.RunAsync();
                    Interlocked.Add(ref moved, runner.Moved);
                },
                iter: scripts);
        }
        finally
        {
            place.Delete(recursive: true);
        }

        moved.ShouldBeGreaterThan(scripts / 4, "a model in which no swap comes through shows nothing");
    }
}
