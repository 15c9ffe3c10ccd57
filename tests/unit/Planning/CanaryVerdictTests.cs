using HostSwap.Orchestrator.Planning;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

public sealed class CanaryVerdictTests
{
    private static readonly Guid Ready = Guid.NewGuid();
    private static readonly Guid Plain = Guid.NewGuid();

    private static readonly IReadOnlyDictionary<Guid, HandoverOffer> Offers = new Dictionary<Guid, HandoverOffer>
    {
        [Ready] = new(true, "the lock is the fence"),
        [Plain] = new(false, "not prepared"),
    };

    private static Dictionary<Guid, HandoverOffer> Weigh(CanaryVerdict verdict) => Offers.ToDictionary(static offer => offer.Key, offer => verdict.Weigh(offer.Value));

    [Theory]
    [InlineData(CanaryProof.Proven)]
    [InlineData(CanaryProof.Pending)]
    public void What_a_canary_has_shown_or_has_yet_to_show_is_said_of_each_vm_that_is_ready(CanaryProof proof)
    {
        var offers = Weigh(new CanaryVerdict(proof, "so the canary"));

        offers[Ready].ShouldBe(new HandoverOffer(true, "the lock is the fence; so the canary"));
        offers[Plain].ShouldBe(Offers[Plain]);
    }

    [Fact]
    public void Any_doubt_leaves_a_copy_alone_and_says_why()
    {
        var offers = Weigh(new CanaryVerdict(CanaryProof.Doubtful, "a canary could not be handed over"));

        offers[Ready].ShouldBe(new HandoverOffer(false, "a canary could not be handed over") { Ready = true });
        offers[Plain].Ready.ShouldBeFalse("it is copied for a reason of its own");
    }
}
