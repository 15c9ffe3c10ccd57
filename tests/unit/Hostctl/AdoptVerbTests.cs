using HostSwap.Hostctl;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class AdoptVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task It_is_not_done_without_being_agreed_to()
    {
        (await _hostctl.RunAsync("adopt")).ShouldBe(ExitCode.Usage);
        _hostctl.Opened.ShouldBe(0);
        _hostctl.Error.ShouldContain("an adoption must be agreed to");

        (await _hostctl.RunAsync("adopt", "--yes", "--image", "hostswap/host:trixie")).ShouldBe(ExitCode.Done);
        _hostctl.Host.Calls.ShouldBe(["adopt hostswap/host:trixie Stop"]);
    }

    [Fact]
    public async Task A_dry_run_only_plans()
    {
        (await _hostctl.RunAsync("adopt", "--dry-run")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe(["plan adoption "]);
    }

    [Fact]
    public async Task The_way_back_has_no_image()
    {
        (await _hostctl.RunAsync("adopt", "--back", "--yes", "--on-failure", "continue")).ShouldBe(ExitCode.Done);
        _hostctl.Host.Calls.ShouldBe(["return to the outer host Continue"]);

        (await _hostctl.RunAsync("adopt", "--back", "--yes", "--image", "x")).ShouldBe(ExitCode.Usage);
        (await _hostctl.RunAsync("adopt", "--back", "--dry-run")).ShouldBe(ExitCode.Usage);
    }
}
