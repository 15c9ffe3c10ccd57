using System.Text;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>What <c>make build</c> makes has nothing of the fault points that a debug build has.</summary>
public sealed class ReleaseBinaryTests : IAsyncLifetime
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-release-");

    private static string Released => Path.Join(Repository.Output, "hostctl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string MemoryMount => Path.Join(_root.FullName, "run/hostswap/memory");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // 'hostctl init' has made it, where the test got as far.
        if (Directory.Exists(MemoryMount))
            (await Command.RunAsync("umount", ["--lazy", MemoryMount], CancellationToken.None)).Succeeded();
        _root.Delete(recursive: true);
    }

    [Fact]
    public async Task The_released_program_holds_no_text_of_fault_points()
    {
        RequireBuilt();
        // The scan would be worth nothing if it could not find what is there.
        (await HoldsAsync(Released, "HOSTSWAP_ROOT")).ShouldBeTrue();
        (await HoldsAsync(typeof(Orchestrator.OuterHost).Assembly.Location, "HOSTSWAP_FAULT")).ShouldBeTrue();

        foreach (var text in new[] { "HOSTSWAP_FAULT", "journal-write", "effect-begin", "effect-end" })
            (await HoldsAsync(Released, text)).ShouldBeFalse(text);
    }

    [Fact]
    public async Task The_released_program_does_not_listen_to_fault_rules()
    {
        RequireBuilt();
        var log = Path.Join(_root.FullName, "faults.log");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOSTSWAP_ROOT"] = _root.FullName,
            ["HOSTSWAP_FAULT"] = "journal-write=kill",
            ["HOSTSWAP_FAULT_LOG"] = log,
            ["DOCKER_HOST"] = $"unix://{_root.FullName}/no-docker.sock",
        };

        // It writes the journal, and then finds no Docker.
        var result = await Command.RunAsync(Released, ["init"], Token, environment: environment);
        result.ExitCode.ShouldBe(ExitCodes.Environment, result.Describe());
        File.Exists(Path.Join(_root.FullName, "var/lib/hostswap/journal.db")).ShouldBeTrue();
        File.Exists(log).ShouldBeFalse();
    }

    private static void RequireBuilt() => File.Exists(Released).ShouldBeTrue($"there is no {Released}: run 'make build' first");

    /// <summary>
    /// Names are UTF-8 in .NET's metadata, and texts UTF-16. Without the last byte of the latter: the native compiler packs
    /// its data, and the zero that ends a text goes with others into a gap.
    /// </summary>
    private static async Task<bool> HoldsAsync(string file, string text)
    {
        var bytes = await File.ReadAllBytesAsync(file, Token);
        return bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0
            || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text).AsSpan(..^1)) >= 0;
    }
}
