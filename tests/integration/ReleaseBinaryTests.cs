using System.Text;
using HostSwap.Lab;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>What <c>make build</c> makes has nothing of the fault points that a debug build has.</summary>
public sealed class ReleaseBinaryTests
{
    private static string Released => Path.Join(Repository.Output, "hostctl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_released_program_knows_no_fault_points()
    {
        File.Exists(Released).ShouldBeTrue($"there is no {Released}: run 'make build' first");
        // The scan would be worth nothing if it could not find what is there.
        (await HoldsAsync(Released, "HOSTSWAP_ROOT")).ShouldBeTrue();
        (await HoldsAsync(typeof(Orchestrator.OuterHost).Assembly.Location, "HOSTSWAP_FAULT")).ShouldBeTrue();

        foreach (var text in new[] { "HOSTSWAP_FAULT", "journal-write", "effect-begin" })
            (await HoldsAsync(Released, text)).ShouldBeFalse(text);
    }

    /// <summary>Names are UTF-8 in .NET's metadata, and texts UTF-16.</summary>
    private static async Task<bool> HoldsAsync(string file, string text)
    {
        var bytes = await File.ReadAllBytesAsync(file, Token);
        return bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0 || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text)) >= 0;
    }
}
