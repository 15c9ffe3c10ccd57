using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Carrying;

public sealed class SavedImageTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly GenerationPaths _generation;
    private readonly Guid _vm = Guid.NewGuid();

    public SavedImageTests() => _generation = new GenerationPaths(new HostSwapPaths(_root.FullName), 1);

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_whole_image_is_found_and_nothing_is_said_against_it()
    {
        var image = SavedImages.Whole(_vm, "web");
        SavedImages.Put(_generation, "web", image);
        SavedImage.Inspect(_generation, _vm, "web").ShouldNotBeNull().ShouldSatisfyAllConditions(
            found => found.Problem.ShouldBeNull(), found => found.Bytes.ShouldBe(image.Length), found => found.Definition.ShouldNotBeNull().MachineType.ShouldBe("pc-q35-7.2"));
        SavedImage.Inspect(_generation, _vm, "other").ShouldBeNull();
    }

    [Fact]
    public void Where_there_is_no_directory_for_them_there_is_no_image() => SavedImage.Find(_generation, "web").ShouldBeNull();

    [Theory]
    [InlineData(10, "shorter than its header")]
    [InlineData(100, "truncated")]
    [InlineData(-10, "has no end")]
    public void A_truncated_image_is_told_so(int bytes, string problem)
    {
        var whole = SavedImages.Whole(_vm, "web");
        SavedImages.Put(_generation, "web", whole[..(bytes > 0 ? bytes : whole.Length + bytes)]);
        SavedImage.Inspect(_generation, _vm, "web")!.Problem!.ShouldContain(problem);
    }

    [Fact]
    public void One_that_was_never_finished_is_told_so()
    {
        var image = SavedImages.Whole(_vm, "web");
        "LibvirtQemudPart"u8.CopyTo(image);
        SavedImages.Put(_generation, "web", image);
        SavedImage.Inspect(_generation, _vm, "web")!.Problem!.ShouldContain("never finished");
    }

    [Fact]
    public void That_of_another_VM_is_told_so()
    {
        SavedImages.Put(_generation, "web", SavedImages.Whole(Guid.NewGuid(), "web"));
        SavedImage.Inspect(_generation, _vm, "web")!.Problem!.ShouldContain("another VM");
    }

    [Fact]
    public void The_end_of_a_compressed_one_is_not_known()
    {
        SavedImages.Put(_generation, "web", [.. SavedImages.Whole(_vm, "web", format: 1)[..^10], 7]);
        SavedImage.Inspect(_generation, _vm, "web").ShouldNotBeNull().ShouldSatisfyAllConditions(
            found => found.Problem.ShouldBeNull(), found => found.Format.ShouldBe(1u));
    }

    [Fact]
    public void A_link_is_no_image()
    {
        SavedImages.Put(_generation, "web", []);
        File.Delete(SavedImages.PathIn(_generation, "web"));
        File.CreateSymbolicLink(SavedImages.PathIn(_generation, "web"), "/etc/shadow");
        SavedImage.Inspect(_generation, _vm, "web")!.Problem!.ShouldContain("no regular file");
    }
}
