using CoopGrid.Protocol.V1;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>A member's own limits: the time to retry that is told is true.</summary>
[Collection(QuietSiloCollection.Name)]
public sealed class QuotaTests(QuietSilo silo)
{
    [Theory]
    [InlineData(QuietSilo.People, 40, 20)]
    [InlineData(QuietSilo.Capped, 40, 20)]
    public async Task Over_quota_is_refused_until_the_time_that_was_told(string @class, long spent, long more)
    {
        string member = await silo.NewMember(@class);
        (AdmitRequest request, Member before, AdmitReply refused, long asked) = await Exceed(member, spent, more);
        long told = TimeProvider.System.GetTimestamp();
        await silo.Unchanged(before);

        // Asked without a pause: never admitted before that time, always after it.
        while (true)
        {
            bool isTime = ElapsedMs(told) > refused.RetryAfterMs;
            AdmitReply reply = await silo.Admit(request);
            if (reply.Outcome == Outcome.Admitted)
            {
                Assert.True(ElapsedMs(asked) >= refused.RetryAfterMs - 2, $"Admitted {ElapsedMs(asked)} ms after it was told to wait {refused.RetryAfterMs} ms.");
                break;
            }

            Assert.Equal(Outcome.QuotaExceeded, reply.Outcome);
            Assert.False(isTime, $"Refused {ElapsedMs(told)} ms after it was told to wait {refused.RetryAfterMs} ms.");
        }

        Assert.Equal(before.TotalUnits + more, (await silo.Account(member)).TotalUnits);
    }

    /// <summary>Spends, then asks for more at once; again if a slice ended in between.</summary>
    private async Task<(AdmitRequest Request, Member Before, AdmitReply Refused, long Asked)> Exceed(string member, long spent, long more)
    {
        while (true)
        {
            await silo.Admit(QuietSilo.Ask(member, spent));
            Member before = await silo.Account(member);
            AdmitRequest request = QuietSilo.Ask(member, more);
            long asked = TimeProvider.System.GetTimestamp();
            AdmitReply reply = await silo.Admit(request);
            if (reply.Outcome != Outcome.QuotaExceeded) continue;
            Assert.InRange(reply.RetryAfterMs, 1, 2000);
            return (request, before, reply, asked);
        }
    }

    private static double ElapsedMs(long since) => TimeProvider.System.GetElapsedTime(since).TotalMilliseconds;
}
