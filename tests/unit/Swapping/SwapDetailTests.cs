using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class SwapDetailTests
{
    [Theory]
    [InlineData(1, 2, SwapCourse.Forward, SwapCourse.Forward)]
    [InlineData(1, 2, SwapCourse.Back, SwapCourse.Back)]
    [InlineData(2, 1, SwapCourse.Forward, SwapCourse.Back)]
    [InlineData(2, 1, SwapCourse.Back, SwapCourse.Forward)]
    public void The_old_side_is_the_same_one_for_a_swap_and_for_its_rollback(int from, int candidate, SwapCourse wanted, SwapCourse course) =>
        new SwapDetail(from, candidate, "image", "sha256:0").CourseTo(wanted).ShouldBe(course);
}
