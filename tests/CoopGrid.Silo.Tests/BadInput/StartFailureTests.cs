using CoopGrid.Silo.Hosting;
using Npgsql;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>What a start failed with, deep inside a grain, is said in a sentence.</summary>
public sealed class StartFailureTests
{
    [Fact]
    public void A_grain_that_cannot_read_its_state_is_a_database_that_does_not_answer()
    {
        var silent = new NpgsqlException("Exception while reading from stream", new TimeoutException("Timeout during reading attempt"));
        var failure = new OrleansException("Error from storage provider\nExc level 0: …", new OrleansException("again", silent));
        Assert.StartsWith("PostgreSQL: the server does not answer in time", StartFailure.Explain(failure), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_what_nobody_knows_more_of_the_first_line_is_told() =>
        Assert.Equal("The grid does not answer: No silo has it.", StartFailure.Explain(new OrleansException("No silo has it.\r\nExc level 0: …", new TimeoutException("late"))));

    [Fact]
    public void A_fault_of_the_silo_is_not_explained_away() => Assert.Null(StartFailure.Explain(new InvalidOperationException("a fault")));
}
